package dev.tethys.pipeline.collector;

import dev.tethys.pipeline.component.ConnectorFactory;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.processor.attributes.AttributesProcessors;
import dev.tethys.pipeline.processor.connector.CountFactory;
import dev.tethys.pipeline.processor.connector.FailoverFactory;
import dev.tethys.pipeline.processor.connector.ForwardFactory;
import dev.tethys.pipeline.processor.connector.OtlpJsonFactory;
import dev.tethys.pipeline.processor.connector.RoutingFactory;
import dev.tethys.pipeline.processor.connector.servicegraph.ServiceGraphFactory;
import dev.tethys.pipeline.processor.connector.spanmetrics.SpanMetricsFactory;
import dev.tethys.pipeline.processor.dedup.LogDedupFactory;
import dev.tethys.pipeline.processor.fidelity.FidelityFactory;
import dev.tethys.pipeline.processor.filter.FilterFactory;
import dev.tethys.pipeline.processor.generation.MetricsGeneration;
import dev.tethys.pipeline.processor.grouping.GroupByAttributes;
import dev.tethys.pipeline.processor.interval.IntervalFactory;
import dev.tethys.pipeline.processor.metricstransform.MetricsTransform;
import dev.tethys.pipeline.processor.ratelimit.RateLimiter;
import dev.tethys.pipeline.processor.redaction.Redaction;
import dev.tethys.pipeline.processor.relabel.RelabelProcessor;
import dev.tethys.pipeline.processor.sampling.Sampler;
import dev.tethys.pipeline.processor.sampling.tail.GroupByTrace;
import dev.tethys.pipeline.processor.sampling.tail.TailSampling;
import dev.tethys.pipeline.processor.span.SpanProcessor;
import dev.tethys.pipeline.processor.temporality.CumulativeToDelta;
import dev.tethys.pipeline.processor.temporality.DeltaToCumulative;
import dev.tethys.pipeline.processor.transform.TransformFactory;
import java.time.InstantSource;
import java.util.List;

/** Factories of this module, registered as components of a graph. */
public final class Processors {
  private Processors() {}

  public static List<ProcessorFactory<?>> processors(InstantSource clock) {
    return List.of(
        new TransformFactory(clock),
        new FilterFactory(clock),
        AttributesProcessors.attributes(),
        AttributesProcessors.resource(),
        SpanProcessor.factory(),
        Redaction.factory(),
        Sampler.factory(),
        new TailSampling(clock),
        new GroupByTrace(clock),
        GroupByAttributes.factory(),
        MetricsTransform.factory(),
        CumulativeToDelta.factory(),
        DeltaToCumulative.factory(),
        new IntervalFactory(),
        new LogDedupFactory(clock),
        MetricsGeneration.factory(),
        RelabelProcessor.factory(),
        RateLimiter.factory(),
        new FidelityFactory());
  }

  public static List<ConnectorFactory<?>> connectors(InstantSource clock) {
    return List.of(
        new ForwardFactory(),
        new OtlpJsonFactory(),
        new RoutingFactory(clock),
        new FailoverFactory(),
        CountFactory.count(clock),
        CountFactory.sum(clock),
        new SpanMetricsFactory(),
        new ServiceGraphFactory());
  }
}
