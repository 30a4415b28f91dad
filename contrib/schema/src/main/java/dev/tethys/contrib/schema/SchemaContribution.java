package dev.tethys.contrib.schema;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.processor.schema.SchemaProcessor;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/** Processor that translates between schema versions of semantic conventions. */
public final class SchemaContribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    return List.of(
        new SchemaProcessor(call -> clients.client(HttpClientConfig.DEFAULT_HTTP1).send(call)));
  }
}
