package order_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"gnomon.example/examples/structure/order"
	"gnomon.example/examples/structure/ordermem"
	"go.uber.org/mock/gomock"
)

// region: fake
// brokenDisk is a store whose Save fails; everything else is the real memory store.
type brokenDisk struct{ order.Store }

func (b brokenDisk) InTx(ctx context.Context, work func(order.Store) error) error {
	return b.Store.InTx(ctx, func(tx order.Store) error { return work(brokenDisk{tx}) })
}

func (brokenDisk) Save(context.Context, order.Order) error { return errDisk }

// endregion: fake

var errDisk = errors.New("disk full")

func id() string { return "o-1" }

func TestStockStaysWhenTheOrderIsNotSaved(t *testing.T) {
	store := ordermem.New(map[string]int{"tea": 5})
	if _, err := order.NewService(brokenDisk{store}, id).Place(t.Context(), "tea", 2); !errors.Is(err, errDisk) {
		t.Fatal(err)
	}
	if left := store.Stock("tea"); left != 5 {
		t.Errorf("stock = %d", left)
	}
}

func TestPlace(t *testing.T) {
	store := ordermem.New(map[string]int{"tea": 5})
	service := order.NewService(store, id)
	for quantity, want := range map[int]error{0: order.ErrQuantity, 9: order.ErrOutOfStock, 2: nil} {
		if _, err := service.Place(t.Context(), "tea", quantity); !errors.Is(err, want) {
			t.Errorf("%d: %v", quantity, err)
		}
	}
	if left := store.Stock("tea"); left != 3 {
		t.Errorf("stock = %d", left)
	}
}

func TestPlaceWithGeneratedMock(t *testing.T) {
	// region: use-mock
	ctrl := gomock.NewController(t)
	store := NewMockStore(ctrl)
	store.EXPECT().InTx(gomock.Any(), gomock.Any()).DoAndReturn(
		func(_ context.Context, work func(order.Store) error) error { return work(store) })
	store.EXPECT().TakeStock(gomock.Any(), "tea", 2)
	store.EXPECT().Save(gomock.Any(), order.Order{ID: "o-1", SKU: "tea", Quantity: 2})
	_, err := order.NewService(store, id).Place(t.Context(), "tea", 2)
	// endregion: use-mock
	if err != nil {
		t.Error(err)
	}
}

// region: example-test
func ExampleService_Place() {
	service := order.NewService(ordermem.New(map[string]int{"tea": 5}), func() string { return "o-7" })
	placed, err := service.Place(context.Background(), "tea", 2)
	fmt.Println(placed.ID, placed.Quantity, err)
	// Output: o-7 2 <nil>
}

// endregion: example-test
