import django.db.models.deletion
import piepowder.kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Item',
            fields=[
                ('id', models.UUIDField(default=piepowder.kernel.ids.new_id, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('seller', 'seller'), ('listing', 'listing'), ('short_video', 'short video'), ('livestream', 'livestream'), ('text', 'text'), ('document', 'document'), ('ip_claim', 'IP claim')], max_length=12)),
                ('external_id', models.CharField(max_length=200)),
                ('market', models.CharField(max_length=10)),
                ('language', models.CharField(max_length=10)),
                ('state', models.CharField(choices=[('live', 'live'), ('withdrawn', 'withdrawn'), ('deleted', 'deleted')], default='live', max_length=10)),
                ('seller_ref', models.CharField(blank=True, max_length=200)),
                ('title', models.CharField(blank=True, max_length=300)),
                ('received_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'intake_item',
            },
        ),
        migrations.CreateModel(
            name='StoredMedia',
            fields=[
                ('digest', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('content_type', models.CharField(max_length=100)),
                ('size', models.PositiveBigIntegerField()),
                ('width', models.PositiveIntegerField(blank=True, null=True)),
                ('height', models.PositiveIntegerField(blank=True, null=True)),
                ('stored_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'intake_stored_media',
            },
        ),
        migrations.CreateModel(
            name='Reply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner', models.CharField(max_length=80)),
                ('key', models.CharField(max_length=200)),
                ('request_digest', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField()),
                ('body', models.JSONField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'intake_reply',
                'indexes': [models.Index(fields=['created_at'], name='reply_age')],
                'constraints': [models.UniqueConstraint(fields=('owner', 'key'), name='reply_once')],
            },
        ),
        migrations.CreateModel(
            name='Reporter',
            fields=[
                ('id', models.UUIDField(default=piepowder.kernel.ids.new_id, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('user', 'user'), ('rights_holder', 'rights holder'), ('trusted_flagger', 'trusted flagger'), ('authority', 'authority'), ('anonymous', 'without a name')], max_length=20)),
                ('external_ref', models.CharField(max_length=200)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('areas', models.JSONField(default=list)),
                ('suspended_at', models.DateTimeField(blank=True, null=True)),
                ('trust', models.PositiveSmallIntegerField(default=50)),
            ],
            options={
                'db_table': 'intake_reporter',
                'constraints': [models.UniqueConstraint(fields=('kind', 'external_ref'), name='reporter_once')],
            },
        ),
        migrations.CreateModel(
            name='Snapshot',
            fields=[
                ('id', models.UUIDField(default=piepowder.kernel.ids.new_id, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('submission', models.CharField(choices=[('submitted', 'submitted'), ('updated', 'updated'), ('withdrawn', 'withdrawn'), ('deleted', 'deleted')], max_length=10)),
                ('schema_version', models.PositiveSmallIntegerField()),
                ('content', models.JSONField()),
                ('digest', models.CharField(max_length=64)),
                ('occurred_at', models.DateTimeField(blank=True, null=True)),
                ('received_at', models.DateTimeField()),
                ('source', models.CharField(max_length=80)),
                ('item', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='snapshots', to='intake.item')),
            ],
            options={
                'db_table': 'intake_snapshot',
            },
        ),
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.UUIDField(default=piepowder.kernel.ids.new_id, primary_key=True, serialize=False)),
                ('reference', models.CharField(max_length=200)),
                ('digest', models.CharField(max_length=64)),
                ('basis', models.CharField(max_length=10)),
                ('policy_code', models.CharField(blank=True, max_length=40)),
                ('reason', models.TextField()),
                ('locations', models.JSONField(default=list)),
                ('evidence', models.JSONField(default=list)),
                ('good_faith', models.BooleanField()),
                ('language', models.CharField(blank=True, max_length=10)),
                ('received_at', models.DateTimeField()),
                ('source', models.CharField(max_length=80)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='intake.item')),
                ('reporter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='intake.reporter')),
                ('snapshot', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='intake.snapshot')),
            ],
            options={
                'db_table': 'intake_report',
            },
        ),
        migrations.AddField(
            model_name='item',
            name='snapshot',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='intake.snapshot'),
        ),
        migrations.CreateModel(
            name='Detection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('model', models.CharField(max_length=100)),
                ('version', models.CharField(max_length=60)),
                ('label', models.CharField(max_length=100)),
                ('policy_code', models.CharField(blank=True, max_length=40)),
                ('score', models.FloatField()),
                ('spans', models.JSONField(default=list)),
                ('found_at', models.DateTimeField()),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='detections', to='intake.item')),
                ('snapshot', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='detections', to='intake.snapshot')),
            ],
            options={
                'db_table': 'intake_detection',
            },
        ),
        migrations.CreateModel(
            name='ReportEvidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('report', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='files', to='intake.report')),
                ('stored', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence_in', to='intake.storedmedia')),
            ],
            options={
                'db_table': 'intake_report_evidence',
            },
        ),
        migrations.CreateModel(
            name='ItemMedia',
            fields=[
                ('id', models.UUIDField(default=piepowder.kernel.ids.new_id, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField()),
                ('role', models.CharField(max_length=20)),
                ('url', models.CharField(blank=True, max_length=2000)),
                ('state', models.CharField(choices=[('pending', 'waiting to be fetched'), ('stored', 'stored'), ('failed', 'could not be fetched'), ('refused', 'refused'), ('linked', 'live, not kept')], default='pending', max_length=10)),
                ('problem', models.CharField(blank=True, max_length=300)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('snapshot', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='media', to='intake.snapshot')),
                ('stored', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='intake.storedmedia')),
            ],
            options={
                'db_table': 'intake_item_media',
            },
        ),
        migrations.CreateModel(
            name='Relation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(max_length=20)),
                ('to_kind', models.CharField(choices=[('seller', 'seller'), ('listing', 'listing'), ('short_video', 'short video'), ('livestream', 'livestream'), ('text', 'text'), ('document', 'document'), ('ip_claim', 'IP claim')], max_length=12)),
                ('to_external_id', models.CharField(max_length=200)),
                ('item', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='relations', to='intake.item')),
            ],
            options={
                'db_table': 'intake_relation',
                'indexes': [models.Index(fields=['to_external_id', 'to_kind'], name='relation_backwards')],
                'constraints': [models.UniqueConstraint(fields=('item', 'role', 'to_kind', 'to_external_id'), name='relation_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='snapshot',
            constraint=models.UniqueConstraint(fields=('item', 'number'), name='snapshot_number'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.UniqueConstraint(fields=('source', 'reference', 'item'), name='report_by_reference'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.UniqueConstraint(fields=('digest', 'item'), name='report_by_digest'),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(fields=['seller_ref', 'kind'], name='item_by_seller'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.UniqueConstraint(fields=('external_id', 'kind'), name='item_by_external_id'),
        ),
        migrations.AddConstraint(
            model_name='detection',
            constraint=models.CheckConstraint(condition=models.Q(('score__gte', 0), ('score__lte', 1)), name='detection_score_0_to_1'),
        ),
        migrations.AddConstraint(
            model_name='reportevidence',
            constraint=models.UniqueConstraint(fields=('report', 'stored'), name='report_evidence_once'),
        ),
        migrations.AddIndex(
            model_name='itemmedia',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['due_at'], name='media_due'),
        ),
        migrations.AddConstraint(
            model_name='itemmedia',
            constraint=models.UniqueConstraint(fields=('snapshot', 'position'), name='media_position'),
        ),
        migrations.AddConstraint(
            model_name='itemmedia',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'stored'), _negated=True), ('stored__isnull', False), _connector='OR'), name='stored_media_is_there'),
        ),
    ]
