package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Consumer;

/** End of some pipelines and start of others. */
public interface Connector extends Component, Consumer {}
