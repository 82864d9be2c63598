stoQ results
============

Scan ID:  {{ response.scan_id }}
Time:     {{ response.time }}
{% if response.request_meta.source %}
Source:   {{ response.request_meta.source }}
{% endif %}
Payloads: {{ response.results|length }}
{% for plugin, messages in response.errors|items %}
{% for message in messages %}
Error:    {{ plugin }}: {{ message }}
{% endfor %}
{% endfor %}
{% for payload in response.results %}

------------------------------------------------------------
Payload:  {{ payload.payload_id }}
Size:     {{ payload.size|filesizeformat }}
{% if payload.extracted_from %}
From:     {{ payload.extracted_from }} by {{ payload.extracted_by }}
{% endif %}
{% for name, value in payload.payload_meta.extra_data|items %}
{{ name }}: {{ value if value is string else value|tojson }}
{% endfor %}
{% for workers in payload.workers %}
{% for worker, results in workers|items %}

  {{ worker }}
    {{ results|tojson(indent=2)|indent(4) }}
{% endfor %}
{% endfor %}
{% for archiver, results in payload.archivers|items %}

  Archived by {{ archiver }}: {{ results|tojson }}
{% endfor %}
{% endfor %}
{% for decorator, results in response.decorators|items %}

Decorated by {{ decorator }}: {{ results|tojson }}
{% endfor %}
