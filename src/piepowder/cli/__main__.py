from piepowder.cli.main import main

main()
