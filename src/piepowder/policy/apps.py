from django.apps import AppConfig


class PolicyConfig(AppConfig):
    name = "piepowder.policy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from piepowder.policy import options  # noqa: F401  (declares what can be chosen)
