package dev.tethys.pipeline.component;

/**
 * A factory of exporters whose destinations can be tried without a pipeline: what {@code tethys
 * tool destination check} asks.
 *
 * @param <S> the settings of the exporter
 */
public interface Checkable<S> {
  /** A destination under trial; opens nothing before it is asked something. */
  DestinationProbe probe(S settings, Context context);
}
