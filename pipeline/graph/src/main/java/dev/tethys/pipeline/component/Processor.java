package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Consumer;

/** Changes, drops or holds batches of a pipeline and forwards the rest. */
public interface Processor extends Component, Consumer {}
