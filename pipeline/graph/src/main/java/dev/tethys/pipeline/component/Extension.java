package dev.tethys.pipeline.component;

/** Serves other components: what it can do is the interface beside this one that it implements. */
public interface Extension extends Component {}
