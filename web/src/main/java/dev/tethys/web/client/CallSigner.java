package dev.tethys.web.client;

import java.io.IOException;
import java.util.function.BooleanSupplier;

/** Adds to a call what proves who sent it. */
@FunctionalInterface
interface CallSigner {
  Signed sign(ClientRequest call) throws IOException, InterruptedException;

  /**
   * Call that proves who sends it.
   *
   * @param refused is asked when a server refused it (401): whether the next one is signed with
   *     something else
   */
  record Signed(ClientRequest call, BooleanSupplier refused) {
    /** One whose successor is signed with the same. */
    static Signed of(ClientRequest call) {
      return new Signed(call, () -> false);
    }
  }
}
