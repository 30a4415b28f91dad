/** Client of S3 and of services with the same API. */
@NullMarked
package dev.tethys.web.s3;

import org.jspecify.annotations.NullMarked;
