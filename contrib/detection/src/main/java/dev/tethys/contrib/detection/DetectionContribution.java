package dev.tethys.contrib.detection;

import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.processor.detection.DetectionEnvironment;
import dev.tethys.pipeline.processor.detection.ResourceDetection;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/** Processor that adds detected attributes of its host, cloud and cluster. */
public final class DetectionContribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    return List.of(new ResourceDetection(DetectionEnvironment.here(c -> clients.client(c)::send)));
  }
}
