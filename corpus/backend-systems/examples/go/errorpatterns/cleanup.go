package errorpatterns

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
)

// Export writes a file and reports every failure, the one of Close too.
func Export(path string, write func(io.Writer) error) (err error) {
	// region: close-error
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	defer func() {
		err = errors.Join(err, file.Close()) // the last bytes may fail only here
	}()
	buffer := bufio.NewWriter(file)
	if err := write(buffer); err != nil {
		return fmt.Errorf("export %s: %w", path, err)
	}
	return buffer.Flush()
	// endregion: close-error
}

// ExportLosingErrors ignores what Close says.
func ExportLosingErrors(path string, write func(io.Writer) error) error {
	// region: close-error-bad
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close() // a full disk shows here, and nobody hears it
	return write(file)
	// endregion: close-error-bad
}

// CloseAll closes in reverse order and reports every failure.
func CloseAll(closers ...io.Closer) error {
	// region: close-all
	var errs []error
	for i := len(closers) - 1; i >= 0; i-- { // what was opened last is closed first
		errs = append(errs, closers[i].Close())
	}
	return errors.Join(errs...) // nil when all are nil
	// endregion: close-all
}

// Guard turns a panic of one job into an error, with its stack in the log.
func Guard(log *slog.Logger, op string, work func() error) (err error) {
	// region: guard
	defer func() {
		if p := recover(); p != nil {
			log.Error("panic", "op", op, "value", p, "stack", string(debug.Stack()))
			err = &Error{Kind: Internal, Op: op, Err: fmt.Errorf("panic: %v", p)}
		}
	}()
	return work()
	// endregion: guard
}

// Decision is what a consumer does with a message whose handling failed.
type Decision string

// region: consumer
// Decide turns an error into what happens to the message.
func Decide(err error, attempt int) Decision {
	switch {
	case err == nil:
		return "ack"
	case Retryable(err) && attempt < 5:
		return "retry later"
	default: // broken input never gets better; neither does the sixth attempt
		return "dead letter"
	}
}

// endregion: consumer
