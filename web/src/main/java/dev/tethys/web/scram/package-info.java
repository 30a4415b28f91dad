/** Logins by SCRAM, of clients. */
@NullMarked
package dev.tethys.web.scram;

import org.jspecify.annotations.NullMarked;
