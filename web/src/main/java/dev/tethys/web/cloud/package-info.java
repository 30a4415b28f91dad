/** Authentication at AWS, Azure, Google and Oracle: credentials, tokens and signatures. */
@NullMarked
package dev.tethys.web.cloud;

import org.jspecify.annotations.NullMarked;
