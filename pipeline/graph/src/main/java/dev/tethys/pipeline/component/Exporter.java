package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Consumer;

/** Component that sends telemetry of one signal to a destination. */
public interface Exporter extends Component, Consumer {}
