package dev.tethys.pipeline.component;

/**
 * Where telemetry comes in. It hands batches to the consumers it was made with, between start and
 * stop.
 */
public interface Receiver extends Component {}
