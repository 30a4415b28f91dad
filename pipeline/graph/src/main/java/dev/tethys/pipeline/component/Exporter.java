package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Consumer;

/** Where telemetry of one signal leaves the graph. */
public interface Exporter extends Component, Consumer {}
