/** SCRAM authentication of clients. */
@NullMarked
package dev.tethys.web.scram;

import org.jspecify.annotations.NullMarked;
