/** HTTP/1.1 and HTTP/1.0: connections, requests and responses. */
@NullMarked
package dev.tethys.web.internal.http1;

import org.jspecify.annotations.NullMarked;
