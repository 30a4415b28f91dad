package dev.tethys.contrib.collectd;

import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.receiver.collectd.CollectdReceiverFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/** Registers the collectd receiver. */
public final class CollectdContribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    return List.of(new CollectdReceiverFactory());
  }
}
