from django.apps import AppConfig


class RightsConfig(AppConfig):
    name = "piepowder.rights"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from piepowder.rights import kinds_of_letter, options  # noqa: F401  (declare what is written and chosen)
