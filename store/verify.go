package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// bbolt maps its file into memory and trusts it: a page that isn't there is a SIGBUS, a wrong one a panic or a loop, in
// the middle of some later transaction. So the whole tree is read and checked once, through plain reads, before bbolt
// sees the file. The format, of version 2, is in go.etcd.io/bbolt/internal/common: native byte order, pages that begin
// with {id u64, flags u16, count u16, overflow u32}, the first two of them metas.

const (
	boltMagic      = 0xED0CDAED
	boltVersion    = 2
	pageHeader     = 16
	metaSize       = 64 // {magic, version, page size, flags u32; root, sequence, freelist, pages, transaction, checksum u64}
	elementSize    = 16
	bucketHeader   = 16 // {root page, sequence u64}
	branchPage     = 0x01
	leafPage       = 0x02
	freelistPage   = 0x10
	bucketElement  = 0x01
	noFreelist     = ^uint64(0)
	countInContent = 0xFFFF // a freelist with so many entries has their number as its first entry
)

var native = binary.NativeEndian

// verifyBoltFile reads the file whole and fails with a Permanent *Error unless bbolt can work with it safely and it
// holds oktaws's bucket. The values themselves it doesn't look into.
func verifyBoltFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return unusable(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return unusable(path, err)
	}
	if err := verifyBolt(f, info.Size()); err != nil {
		return damaged(path, err.Error())
	}
	return nil
}

func verifyBolt(r io.ReaderAt, size int64) error {
	if size == 0 {
		return errors.New("it is empty")
	}
	m, err := presentMeta(r, size)
	if err != nil {
		return err
	}
	if m.pages > uint64(size)/m.pageSize {
		return fmt.Errorf("it is cut short: it has %d bytes and should have %d", size, m.pages*m.pageSize)
	}
	v := &verifier{r: r, meta: m, used: make([]bool, m.pages)}
	copy(v.used, []bool{true, true})
	buckets := map[string]bool{}
	err = v.tree(m.root, nil, nil, func(name []byte) { buckets[string(name)] = true })
	if err == nil {
		err = v.freelist()
	}
	if err != nil {
		return fmt.Errorf("it is damaged: %w", err)
	}
	if !buckets[string(boltBucket)] {
		return errors.New("it is not a store of oktaws, but the bbolt file of another program")
	}
	return nil
}

type boltMeta struct {
	pageSize, root, freelist, pages, transaction uint64
}

// presentMeta returns the newer of the two metas that are whole, which is the one that bbolt goes by.
func presentMeta(r io.ReaderAt, size int64) (boltMeta, error) {
	first, err := readMeta(r, 0)
	second := boltMeta{}
	secondErr := err
	if err == nil {
		second, secondErr = readMeta(r, int64(first.pageSize))
	} else {
		// The second meta stands at the page size, which the first would have said.
		for at := int64(1 << 10); at <= 1<<24 && secondErr != nil; at <<= 1 {
			if second, secondErr = readMeta(r, at); secondErr == nil && int64(second.pageSize) != at {
				secondErr = errors.New("its second page is of another size")
			}
		}
	}
	switch {
	case err != nil && secondErr != nil:
		return first, err
	case err != nil, secondErr == nil && second.transaction > first.transaction:
		first = second
	}
	if first.pageSize < 1<<10 || first.pageSize > 1<<24 || first.pageSize&(first.pageSize-1) != 0 || uint64(size) < 2*first.pageSize || size < 1<<12 {
		return first, fmt.Errorf("it is cut short: it has %d bytes, and pages of %d", size, first.pageSize)
	}
	return first, nil
}

func readMeta(r io.ReaderAt, at int64) (boltMeta, error) {
	var b [pageHeader + metaSize]byte
	if _, err := r.ReadAt(b[:], at); err != nil {
		if errors.Is(err, io.EOF) {
			return boltMeta{}, errors.New("it is cut short, or not a store of oktaws")
		}
		return boltMeta{}, err
	}
	m := b[pageHeader:]
	sum := fnv.New64a()
	sum.Write(m[:56])
	switch {
	case native.Uint32(m) != boltMagic:
		return boltMeta{}, errors.New("it is not a store of oktaws, or its beginning was overwritten")
	case native.Uint32(m[4:]) != boltVersion:
		return boltMeta{}, fmt.Errorf("it has the bbolt format %d, and oktaws reads %d", native.Uint32(m[4:]), boltVersion)
	case native.Uint64(m[56:]) != sum.Sum64():
		return boltMeta{}, errors.New("it is damaged: the checksum of its first pages is wrong")
	}
	return boltMeta{pageSize: uint64(native.Uint32(m[8:])), root: native.Uint64(m[16:]), freelist: native.Uint64(m[32:]),
		pages: native.Uint64(m[40:]), transaction: native.Uint64(m[48:])}, nil
}

// verifier walks the pages that are in use.
type verifier struct {
	r    io.ReaderAt
	meta boltMeta
	used []bool // by page
	free []byte // of a page that was looked at, for the next one
}

// page is a page with those that it flows over into.
type page struct {
	id       uint64
	flags    uint16
	count    int
	overflow uint64
	content  []byte // with the header
}

// read takes the page out of those that nothing refers to yet.
func (v *verifier) read(id uint64) (page, error) {
	if id < 2 || id >= v.meta.pages {
		return page{}, fmt.Errorf("something refers to page %d of %d", id, v.meta.pages)
	}
	head := v.free
	if v.free = nil; head == nil {
		head = make([]byte, v.meta.pageSize)
	}
	if _, err := v.r.ReadAt(head, int64(id*v.meta.pageSize)); err != nil {
		return page{}, fmt.Errorf("page %d can't be read: %w", id, err)
	}
	p := page{content: head, id: native.Uint64(head[:]), flags: native.Uint16(head[8:]), count: int(native.Uint16(head[10:])), overflow: uint64(native.Uint32(head[12:]))}
	if p.id != id {
		return p, fmt.Errorf("page %d says that it is page %d", id, p.id)
	}
	if p.overflow >= v.meta.pages-id {
		return p, fmt.Errorf("page %d flows over the end", id)
	}
	for i := id; i <= id+p.overflow; i++ {
		if v.used[i] {
			return p, fmt.Errorf("page %d is used twice", i)
		}
		v.used[i] = true
	}
	if p.overflow == 0 {
		return p, nil
	}
	p.content = make([]byte, (p.overflow+1)*v.meta.pageSize)
	if _, err := v.r.ReadAt(p.content, int64(id*v.meta.pageSize)); err != nil {
		return p, fmt.Errorf("page %d can't be read: %w", id, err)
	}
	return p, nil
}

// tree checks the tree whose root is the page, with keys from low up to but without high (nil: no such bound), and
// the trees of the buckets in it. bucket is called with the name of each bucket of this tree.
func (v *verifier) tree(root uint64, low, high []byte, bucket func(name []byte)) error {
	p, err := v.read(root)
	if err != nil {
		return err
	}
	switch p.flags {
	case leafPage:
		if err := v.leaf(p, low, high, bucket); err != nil {
			return err
		}
		if p.overflow == 0 {
			v.free = p.content
		}
		return nil
	case branchPage:
		return v.branch(p, low, high, bucket)
	}
	return fmt.Errorf("page %d is of no kind that a tree has (%#x)", p.id, p.flags)
}

func (v *verifier) branch(p page, low, high []byte, bucket func([]byte)) error {
	type child struct {
		key []byte
		id  uint64
	}
	var children []child
	keys := inOrder(low, high)
	for i := range p.count {
		e, ok := p.element(i)
		if !ok {
			return fmt.Errorf("page %d is too short for what it holds", p.id)
		}
		key, ok := span(e, native.Uint32(e), native.Uint32(e[4:]))
		if !ok || !keys(key) {
			return fmt.Errorf("entry %d of page %d is wrong", i, p.id)
		}
		children = append(children, child{key, native.Uint64(e[8:])})
	}
	if len(children) == 0 {
		return fmt.Errorf("page %d leads nowhere", p.id)
	}
	for i, c := range children {
		end := high
		if i+1 < len(children) {
			end = children[i+1].key
		}
		if err := v.tree(c.id, c.key, end, bucket); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) leaf(p page, low, high []byte, bucket func([]byte)) error {
	keys := inOrder(low, high)
	for i := range p.count {
		e, ok := p.element(i)
		if !ok {
			return fmt.Errorf("page %d is too short for what it holds", p.id)
		}
		flags, at, keySize, valueSize := native.Uint32(e), native.Uint32(e[4:]), native.Uint32(e[8:]), native.Uint32(e[12:])
		key, ok := span(e, at, keySize)
		value, fits := span(e, at+keySize, valueSize)
		if !ok || !fits || at+keySize < at || flags&^uint32(bucketElement) != 0 || !keys(key) {
			return fmt.Errorf("entry %d of page %d is wrong", i, p.id)
		}
		if flags&bucketElement == 0 {
			continue
		}
		bucket(key)
		if err := v.bucket(value); err != nil {
			return err
		}
	}
	return nil
}

// bucket checks a bucket's tree. A small bucket is a leaf inside of the value.
func (v *verifier) bucket(value []byte) error {
	if len(value) < bucketHeader {
		return errors.New("a bucket has no beginning")
	}
	ignore := func([]byte) {}
	if root := native.Uint64(value); root != 0 {
		return v.tree(root, nil, nil, ignore)
	}
	inline := value[bucketHeader:]
	if len(inline) < pageHeader || native.Uint16(inline[8:]) != leafPage {
		return errors.New("a small bucket is wrong")
	}
	return v.leaf(page{flags: leafPage, count: int(native.Uint16(inline[10:])), content: inline}, nil, nil, ignore)
}

// freelist checks that no page is both free and in use, since bbolt would overwrite it.
func (v *verifier) freelist() error {
	if v.meta.freelist == noFreelist {
		return nil // bbolt makes it anew from the tree
	}
	p, err := v.read(v.meta.freelist)
	if err != nil {
		return err
	}
	if p.flags != freelistPage {
		return fmt.Errorf("page %d should be the list of free pages", p.id)
	}
	list, n := p.content[pageHeader:], uint64(p.count)
	if p.count == countInContent {
		list, n = list[8:], native.Uint64(list)
	}
	if n > uint64(len(list)/8) {
		return errors.New("the list of free pages is too long")
	}
	for i := range n {
		id := native.Uint64(list[i*8:])
		if id < 2 || id >= v.meta.pages || v.used[id] {
			return fmt.Errorf("page %d is listed as free", id)
		}
		v.used[id] = true // so that a page is listed once
	}
	return nil
}

// element returns the page from the start of its ith element on; an element's offsets count from there.
func (p page) element(i int) ([]byte, bool) {
	at := pageHeader + i*elementSize
	if at+elementSize > len(p.content) {
		return nil, false
	}
	return p.content[at:], true
}

func span(b []byte, at, size uint32) ([]byte, bool) {
	end := uint64(at) + uint64(size)
	if end > uint64(len(b)) {
		return nil, false
	}
	return b[at:end], true
}

// inOrder returns a check of keys that must come one after another, from low up to but without high.
func inOrder(low, high []byte) func(key []byte) bool {
	var last []byte
	return func(key []byte) bool {
		ok := len(key) > 0 && bytes.Compare(key, low) >= 0 && (last == nil || bytes.Compare(key, last) > 0) && (high == nil || bytes.Compare(key, high) < 0)
		last = key
		return ok
	}
}
