"""The process of the embedded model. In: the weights' path as its argument. Out: its address on standard output, then answers over HTTP."""

import sys

CONTEXT_TOKENS = 2_048
PROMPT_THREADS, WRITE_THREADS = 2, 1  # with two writing threads a busy page takes the model down to a word a second


def run(weights: str) -> None:
    """Serve until the parent closes our standard input, which it does when it ends, however it ends."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = weights
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = WRITE_THREADS
    parameters.cpuparams_batch.n_threads = PROMPT_THREADS
    parameters.port = 0
    server = xllamacpp.Server(parameters)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    run(sys.argv[1])
