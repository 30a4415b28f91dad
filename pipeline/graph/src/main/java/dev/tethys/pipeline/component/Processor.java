package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Consumer;

/** Changes, drops or holds what passes through a pipeline, and hands on the rest. */
public interface Processor extends Component, Consumer {}
