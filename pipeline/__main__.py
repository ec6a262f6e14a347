"""`python -m pipeline` is `leadbyte-import`."""

from pipeline.cli import main

if __name__ == "__main__":
    main()
