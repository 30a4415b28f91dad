/** HTTP/2 by Helidon's engine, and corrections around it. */
@NullMarked
package dev.tethys.web.internal.http2;

import org.jspecify.annotations.NullMarked;
