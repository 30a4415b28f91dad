package dev.tethys.pipeline.component;

/** Serves other components with the capability interfaces of this package that it implements. */
public interface Extension extends Component {}
