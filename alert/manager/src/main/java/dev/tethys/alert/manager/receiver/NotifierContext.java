package dev.tethys.alert.manager.receiver;

import dev.tethys.alert.manager.template.Templates;
import dev.tethys.web.client.HttpClientFactory;
import java.time.InstantSource;

/** Dependencies passed to notifiers. */
public record NotifierContext(
    HttpClientFactory clients, Templates templates, InstantSource clock) {}
