package dev.tethys.pipeline.component;

/** Creates extensions: one for a component id. */
public non-sealed interface ExtensionFactory<S> extends ComponentFactory<S> {
  /**
   * Creates an extension.
   *
   * @throws dev.tethys.config.ConfigException if the settings cannot be met
   */
  Extension create(S settings, Context context);
}
