package dev.tethys.web.client;

import java.io.IOException;
import java.util.function.BooleanSupplier;

/** Adds the credentials of the sender to a call. */
@FunctionalInterface
interface CallSigner {
  Signed sign(ClientRequest call) throws IOException, InterruptedException;

  /**
   * Signed call.
   *
   * @param refused called if the server rejects the request (401); returns whether the next call is
   *     signed with other credentials
   */
  record Signed(ClientRequest call, BooleanSupplier refused) {
    /** Creates a signed call whose successor has the same credentials. */
    static Signed of(ClientRequest call) {
      return new Signed(call, () -> false);
    }
  }
}
