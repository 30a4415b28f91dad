package dev.tethys.contrib.fluent;

import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.receiver.fluent.FluentForwardReceiverFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/** Receiver of the Fluent Forward protocol. */
public final class FluentContribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    return List.of(new FluentForwardReceiverFactory());
  }
}
