/** Clients that prove with a ticket of Kerberos who they are. */
@NullMarked
package dev.tethys.web.kerberos;

import org.jspecify.annotations.NullMarked;
