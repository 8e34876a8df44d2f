package errorpatterns

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jmoiron/sqlx"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// User is a row of users.
type User struct {
	ID    int64
	Email string
}

// Users stores users.
type Users struct{ pool *pgxpool.Pool }

// translate turns what the driver says into what the domain knows.
//
// region: translate
func translate(op string, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return &Error{Kind: NotFound, Op: op, Public: "there is no such user", Err: err}
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return &Error{Kind: kindOfSQLState(pg.Code), Op: op, Public: publicText(pg), Err: err}
	}
	if pgconn.Timeout(err) {
		return &Error{Kind: Unavailable, Op: op, Err: err}
	}
	return fmt.Errorf("%s: %w", op, err)
}

// endregion: translate

// region: sqlstate
func kindOfSQLState(code string) Kind {
	switch code {
	case "23505", "23P01": // unique_violation, exclusion_violation
		return Conflict
	case "23502", "23503", "23514", "22P02", "22001": // not null, foreign key, check, bad text, too long
		return Invalid
	case "40001", "40P01", "55P03", "57014", "57P01", "53300": // retry the whole transaction later
		return Unavailable
	}
	return Internal
}

// endregion: sqlstate

// region: constraint
// publicText names the rule that was broken; the driver's own text never leaves the service.
func publicText(pg *pgconn.PgError) string {
	switch pg.ConstraintName {
	case "users_email_key":
		return "this e-mail address is taken"
	case "users_email_check":
		return "this is not an e-mail address"
	}
	return ""
}

// endregion: constraint

// Create inserts a user.
func (u *Users) Create(ctx context.Context, email string) (id int64, err error) {
	// region: repository
	err = u.pool.QueryRow(ctx, "INSERT INTO users (email) VALUES ($1) RETURNING id", email).Scan(&id)
	if err != nil {
		return 0, translate("users.create", err)
	}
	return id, nil
	// endregion: repository
}

// Find reads a user.
func (u *Users) Find(ctx context.Context, id int64) (user User, err error) {
	err = u.pool.QueryRow(ctx, "SELECT id, email FROM users WHERE id = $1", id).Scan(&user.ID, &user.Email)
	if err != nil {
		return User{}, translate("users.find", err)
	}
	return user, nil
}

// Rename changes an address inside a transaction.
func (u *Users) Rename(ctx context.Context, id int64, email string) (err error) {
	// region: rollback
	tx, err := u.pool.Begin(ctx)
	if err != nil {
		return translate("users.rename", err)
	}
	defer func() { // after Commit this is ErrTxClosed, which is no news
		if e := tx.Rollback(context.WithoutCancel(ctx)); e != nil && !errors.Is(e, pgx.ErrTxClosed) {
			err = errors.Join(err, e)
		}
	}()
	// endregion: rollback
	tag, err := tx.Exec(ctx, "UPDATE users SET email = $2 WHERE id = $1", id, email)
	if err != nil {
		return translate("users.rename", err)
	}
	// region: rows-affected
	if tag.RowsAffected() == 0 { // an UPDATE without a match is no error of the database
		return &Error{Kind: NotFound, Op: "users.rename", Public: "there is no such user", Err: pgx.ErrNoRows}
	}
	// endregion: rows-affected
	return translateNil("users.rename", tx.Commit(ctx))
}

func translateNil(op string, err error) error {
	if err == nil {
		return nil
	}
	return translate(op, err)
}

// OpenGorm opens GORM so that it translates the driver's errors itself.
func OpenGorm(dsn string) (*gorm.DB, error) {
	// region: gorm-open
	return gorm.Open(postgres.Open(dsn), &gorm.Config{
		TranslateError: true, // without it a duplicate is a *pgconn.PgError and not ErrDuplicatedKey
	})
	// endregion: gorm-open
}

// region: gorm-translate
func translateGorm(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, gorm.ErrRecordNotFound):
		return &Error{Kind: NotFound, Op: op, Err: err}
	case errors.Is(err, gorm.ErrDuplicatedKey):
		return &Error{Kind: Conflict, Op: op, Err: err}
	}
	return fmt.Errorf("%s: %w", op, err)
}

// endregion: gorm-translate

// FindWithSqlx reads one row with sqlx.
func FindWithSqlx(ctx context.Context, db *sqlx.DB, id int64) (user User, err error) {
	// region: sqlx
	err = db.GetContext(ctx, &user, "SELECT id, email FROM users WHERE id = $1", id)
	if errors.Is(err, sql.ErrNoRows) {
		return User{}, &Error{Kind: NotFound, Op: "users.find", Err: err}
	}
	// endregion: sqlx
	return user, translateNil("users.find", err)
}

// FindOr500 forgets that no row is an ordinary answer.
func (u *Users) FindOr500(ctx context.Context, id int64) (user User, err error) {
	// region: no-rows-bad
	err = u.pool.QueryRow(ctx, "SELECT id, email FROM users WHERE id = $1", id).Scan(&user.ID, &user.Email)
	return user, err // "no rows in result set" becomes a 500
	// endregion: no-rows-bad
}
