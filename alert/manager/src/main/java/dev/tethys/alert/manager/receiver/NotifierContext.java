package dev.tethys.alert.manager.receiver;

import dev.tethys.alert.manager.template.Templates;
import dev.tethys.web.client.HttpClientFactory;
import java.time.InstantSource;

/** Dependencies of notifiers. */
public record NotifierContext(
    HttpClientFactory clients, Templates templates, InstantSource clock) {}
