package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Consumer;

/** The end of some pipelines and the start of others. */
public interface Connector extends Component, Consumer {}
