from django.apps import AppConfig


class PiepowderConfig(AppConfig):
    name = "piepowder"

    def ready(self) -> None:
        from piepowder import wiring

        wiring.connect()
