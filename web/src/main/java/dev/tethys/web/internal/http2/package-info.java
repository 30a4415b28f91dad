/** HTTP/2, by the engine, and what is put right around it. */
@NullMarked
package dev.tethys.web.internal.http2;

import org.jspecify.annotations.NullMarked;
