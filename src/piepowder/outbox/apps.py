from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "piepowder.outbox"
    default_auto_field = "django.db.models.BigAutoField"
