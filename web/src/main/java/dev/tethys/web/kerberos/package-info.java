/** Kerberos authentication of clients. */
@NullMarked
package dev.tethys.web.kerberos;

import org.jspecify.annotations.NullMarked;
