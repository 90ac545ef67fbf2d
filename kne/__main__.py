"""`python -m kne`, the same as `kne`."""

from kne.entry import main

if __name__ == "__main__":
    main()
