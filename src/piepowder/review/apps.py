from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "piepowder.review"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from piepowder.review import options  # noqa: F401  (declares what can be chosen)
