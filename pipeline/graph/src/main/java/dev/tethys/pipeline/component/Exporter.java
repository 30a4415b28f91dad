package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Consumer;

/** Component that sends telemetry of one signal out of the graph. */
public interface Exporter extends Component, Consumer {}
