package dev.tethys.app.collector;

import dev.tethys.pipeline.batching.BatchProcessor;
import dev.tethys.pipeline.batching.MemoryLimiter;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.extension.BasicAuth;
import dev.tethys.pipeline.extension.BearerTokenAuth;
import dev.tethys.pipeline.extension.FileStorage;
import dev.tethys.pipeline.extension.HeadersSetter;
import dev.tethys.pipeline.extension.HealthCheck;
import dev.tethys.pipeline.kafka.KafkaExporterFactory;
import dev.tethys.pipeline.kafka.KafkaReceiverFactory;
import dev.tethys.pipeline.processor.filter.FilterFactory;
import dev.tethys.pipeline.processor.transform.TransformFactory;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** The list of all components: what is not here does not exist. */
public final class BuiltIn {
  private BuiltIn() {}

  /** All of them. */
  public static Components components() {
    List<ComponentFactory<?>> all = new ArrayList<>();
    all.add(new KafkaReceiverFactory());
    all.add(new KafkaExporterFactory());
    all.add(new MemoryLimiter());
    all.add(new BatchProcessor());
    all.add(new FilterFactory(InstantSource.system()));
    all.add(new TransformFactory(InstantSource.system()));
    all.add(new FileStorage());
    all.add(new HealthCheck());
    all.add(new BasicAuth());
    all.add(new BearerTokenAuth());
    all.add(new HeadersSetter());
    return new Components(all);
  }
}
