"""Start the web page: settings, then the index, then the assistant, then the page."""

import sys

from assistant.doors.page.server import check_host, serve_page
from assistant.errors import GnomonError
from assistant.settings import read_settings
from assistant.startup import create_assistant, prepare_index


def main() -> None:
    """Serve the page until it is stopped; a refusal is one sentence."""
    try:
        settings = read_settings()
        check_host(settings.host)
        prepare_index(settings)
        serve_page(create_assistant(settings), settings)
    except GnomonError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
