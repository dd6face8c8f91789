import django.db.models.deletion
import piepowder.kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('intake', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ItemSchema',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('seller', 'seller'), ('listing', 'listing'), ('short_video', 'short video'), ('livestream', 'livestream'), ('text', 'text'), ('document', 'document'), ('ip_claim', 'IP claim')], max_length=12)),
                ('number', models.PositiveIntegerField()),
                ('fields', models.JSONField()),
                ('published_at', models.DateTimeField()),
                ('published_by', models.CharField(max_length=80)),
            ],
            options={
                'db_table': 'intake_item_schema',
                'ordering': ['kind', '-number'],
            },
        ),
        migrations.CreateModel(
            name='Moment',
            fields=[
                ('id', models.UUIDField(default=piepowder.kernel.ids.new_id, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('snapshot', 'picture'), ('transcript', 'speech'), ('chat', 'chat'), ('ended', 'end of the stream')], max_length=10)),
                ('reference', models.CharField(max_length=200)),
                ('at_ms', models.PositiveBigIntegerField()),
                ('text', models.TextField(blank=True)),
                ('url', models.CharField(blank=True, max_length=2000)),
                ('state', models.CharField(blank=True, choices=[('pending', 'waiting to be fetched'), ('stored', 'stored'), ('failed', 'could not be fetched'), ('refused', 'refused'), ('linked', 'live, not kept')], max_length=10)),
                ('problem', models.CharField(blank=True, max_length=300)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('received_at', models.DateTimeField()),
                ('source', models.CharField(max_length=80)),
            ],
            options={
                'db_table': 'intake_moment',
            },
        ),
        migrations.CreateModel(
            name='Trait',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('email', 'e-mail address'), ('phone', 'phone number'), ('device', 'device'), ('payout', 'payout account'), ('tax', 'tax or register number'), ('address', 'postal address')], max_length=12)),
                ('digest', models.CharField(max_length=32)),
                ('shown', models.CharField(max_length=80)),
            ],
            options={
                'db_table': 'intake_trait',
            },
        ),
        migrations.AddField(
            model_name='item',
            name='title_key',
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name='report',
            name='founded',
            field=models.BooleanField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='report',
            name='judged_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='reporter',
            name='weigh_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(condition=models.Q(('title_key', ''), _negated=True), fields=['title_key'], name='item_by_title_key'),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(condition=models.Q(('judged_at__isnull', False)), fields=['reporter', '-judged_at'], name='report_judged'),
        ),
        migrations.AddIndex(
            model_name='reporter',
            index=models.Index(condition=models.Q(('weigh_at__isnull', False)), fields=['weigh_at'], name='reporter_to_weigh'),
        ),
        migrations.AddConstraint(
            model_name='itemschema',
            constraint=models.UniqueConstraint(fields=('kind', 'number'), name='item_schema_number'),
        ),
        migrations.AddField(
            model_name='moment',
            name='item',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='moments', to='intake.item'),
        ),
        migrations.AddField(
            model_name='moment',
            name='stored',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='moments', to='intake.storedmedia'),
        ),
        migrations.AddField(
            model_name='trait',
            name='item',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='traits', to='intake.item'),
        ),
        migrations.AddIndex(
            model_name='moment',
            index=models.Index(fields=['item', 'at_ms', 'id'], name='moment_in_stream'),
        ),
        migrations.AddIndex(
            model_name='moment',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['due_at'], name='moment_due'),
        ),
        migrations.AddConstraint(
            model_name='moment',
            constraint=models.UniqueConstraint(fields=('item', 'reference'), name='moment_once'),
        ),
        migrations.AddConstraint(
            model_name='moment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'stored'), _negated=True), ('stored__isnull', False), _connector='OR'), name='stored_moment_is_there'),
        ),
        migrations.AddIndex(
            model_name='trait',
            index=models.Index(fields=['kind', 'digest'], name='trait_shared'),
        ),
        migrations.AddConstraint(
            model_name='trait',
            constraint=models.UniqueConstraint(fields=('item', 'kind', 'digest'), name='trait_once'),
        ),
    ]
