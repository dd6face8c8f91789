from django.apps import AppConfig


class CorrespondenceConfig(AppConfig):
    name = "piepowder.correspondence"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from piepowder.correspondence.events import declare
        from piepowder.correspondence.kinds import KINDS

        declare(*KINDS)
