//go:build cloud

package store

import (
	_ "gocloud.dev/blob/azureblob" // azblob:// addresses
	_ "gocloud.dev/blob/s3blob"    // s3:// addresses
)
