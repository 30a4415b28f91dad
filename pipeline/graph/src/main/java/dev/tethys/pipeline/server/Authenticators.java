package dev.tethys.pipeline.server;

import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.component.ServerAuth;
import org.jspecify.annotations.Nullable;

/** Finds the extension that decides who may send. */
public final class Authenticators {
  private Authenticators() {}

  /**
   * The extension.
   *
   * @param reference null for none, which lets everyone send
   * @throws dev.tethys.config.ConfigException when there is no such extension
   */
  public static @Nullable ServerAuth find(@Nullable Reference reference, Context context) {
    return reference == null ? null : context.extension(reference, ServerAuth.class);
  }

  /**
   * The extension of an HTTP server.
   *
   * @param auth null for none
   */
  public static @Nullable ServerAuth find(
      HttpServerSettings.@Nullable HttpAuth auth, Context context) {
    return find(auth == null ? null : auth.authenticator(), context);
  }
}
