/** How the web room does it; for nobody else. */
@NullMarked
package dev.tethys.web.internal;

import org.jspecify.annotations.NullMarked;
