"""Where servers and the ``flask`` command start."""

from app import create_app

app = create_app()

if __name__ == "__main__":
    from serve import main

    raise SystemExit(main())
