package dev.tethys.pipeline.server;

import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.component.ServerAuth;
import org.jspecify.annotations.Nullable;

/** Resolves the extension that authenticates senders. */
public final class Authenticators {
  private Authenticators() {}

  /**
   * Resolves the extension.
   *
   * @param reference null if none, which allows everyone
   * @throws dev.tethys.config.ConfigException if the extension does not exist
   */
  public static @Nullable ServerAuth find(@Nullable Reference reference, Context context) {
    return reference == null ? null : context.extension(reference, ServerAuth.class);
  }

  /**
   * Resolves the extension of an HTTP server.
   *
   * @param auth null if none
   */
  public static @Nullable ServerAuth find(
      HttpServerSettings.@Nullable HttpAuth auth, Context context) {
    return find(auth == null ? null : auth.authenticator(), context);
  }
}
