package dev.tethys.web.cloud;

import dev.tethys.web.internal.Pem;
import java.io.IOException;
import java.security.PrivateKey;

/** In whose name calls to Oracle's cloud are signed. Thread-safe. */
public interface OciIdentity {
  /**
   * Key that signs a call.
   *
   * @param keyId key ID used in signatures
   */
  record SigningKey(String keyId, PrivateKey key) {}

  /** The key that is good now. */
  SigningKey key() throws IOException, InterruptedException;

  /** Returns the OCID of the tenancy. */
  String tenancy() throws IOException, InterruptedException;

  /** Discards rejected credentials. */
  default void refused() {}

  /**
   * API key of a user; its files are read for each signature, so that they can be replaced.
   *
   * @param keyFile PEM file
   * @param passphrase passphrase of the file; empty if none
   * @param passphraseFile file with the passphrase; empty if none
   */
  record ApiKey(
      String tenancy,
      String user,
      String fingerprint,
      String keyFile,
      String passphrase,
      String passphraseFile)
      implements OciIdentity {
    @Override
    public SigningKey key() throws IOException {
      String phrase =
          passphraseFile.isEmpty()
              ? passphrase
              : Pem.text("", passphraseFile, "key_passphrase_file").replaceAll("[\r\n]+$", "");
      String pem = Pem.text("", keyFile, "key_file");
      try {
        return new SigningKey(
            tenancy + "/" + user + "/" + fingerprint, Pem.privateKey(pem, phrase));
      } catch (IOException e) {
        throw new IOException("key_file " + keyFile + ": " + e.getMessage(), e);
      }
    }

    @Override
    public String toString() {
      return "API key " + fingerprint + " of " + user;
    }
  }
}
