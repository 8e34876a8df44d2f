package caching
import ("testing";"time";"github.com/redis/go-redis/v9";"context")
func TestZZ(t *testing.T){
 for n,a:=range map[string]string{"refused":freeAddress(t),"silent":silentServer(t)} {
  rdb:=redis.NewClient(&redis.Options{Addr:a}); s:=time.Now(); ctx,c:=context.WithTimeout(t.Context(),100*time.Millisecond); err:=rdb.Get(ctx,"k").Err(); t.Log(n,"ctx100ms",time.Since(s),err); c()
  s=time.Now(); err=rdb.Get(t.Context(),"k").Err(); t.Log(n,"no ctx",time.Since(s),err); rdb.Close()
 }
}
